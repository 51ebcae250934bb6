package weft.dht;

import weft.bencode.BString;

/** That a query failed. */
record Failure(BString transaction, int code, String text) implements Message {
    /** BEP 5. */
    static final int SERVER = 202;

    /** BEP 5: "Protocol Error, such as a malformed packet, invalid arguments, or bad token". */
    static final int PROTOCOL = 203;

    /** BEP 5. */
    static final int METHOD_UNKNOWN = 204;

    /** BEP 44. */
    static final int VALUE_TOO_BIG = 205;

    /** BEP 44. */
    static final int INVALID_SIGNATURE = 206;

    /** BEP 44. */
    static final int SALT_TOO_BIG = 207;

    /** BEP 44. */
    static final int CAS_MISMATCH = 301;

    /** BEP 44. */
    static final int OLD_SEQUENCE = 302;

    static Failure protocol(BString transaction, String why) {
        return new Failure(transaction, PROTOCOL, "Protocol Error, " + why);
    }
}
