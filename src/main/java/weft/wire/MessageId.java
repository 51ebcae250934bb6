package weft.wire;

/** The ids of the messages of BEP 3, BEP 5 (port), BEP 6 and BEP 10 (extended), with their fixed lengths and names. */
final class MessageId {
    static final int CHOKE = 0;
    static final int UNCHOKE = 1;
    static final int INTERESTED = 2;
    static final int NOT_INTERESTED = 3;
    static final int HAVE = 4;
    static final int BITFIELD = 5;
    static final int REQUEST = 6;
    static final int PIECE = 7;
    static final int CANCEL = 8;
    static final int PORT = 9;
    static final int SUGGEST_PIECE = 13;
    static final int HAVE_ALL = 14;
    static final int HAVE_NONE = 15;
    static final int REJECT_REQUEST = 16;
    static final int ALLOWED_FAST = 17;
    static final int EXTENDED = 20;

    private MessageId() {}

    /** The length prefix of a message whose length does not vary, the id included. */
    static int lengthOf(int id) {
        return switch (id) {
            case CHOKE, UNCHOKE, INTERESTED, NOT_INTERESTED, HAVE_ALL, HAVE_NONE -> 1;
            case PORT -> 3;
            case HAVE, SUGGEST_PIECE, ALLOWED_FAST -> 5;
            case REQUEST, CANCEL, REJECT_REQUEST -> 13;
            default -> throw new IllegalArgumentException(name(id) + " has no fixed length");
        };
    }

    static String name(int id) {
        return switch (id) {
            case CHOKE -> "choke";
            case UNCHOKE -> "unchoke";
            case INTERESTED -> "interested";
            case NOT_INTERESTED -> "not interested";
            case HAVE -> "have";
            case BITFIELD -> "bitfield";
            case REQUEST -> "request";
            case PIECE -> "piece";
            case CANCEL -> "cancel";
            case PORT -> "port";
            case SUGGEST_PIECE -> "suggest piece";
            case HAVE_ALL -> "have all";
            case HAVE_NONE -> "have none";
            case REJECT_REQUEST -> "reject request";
            case ALLOWED_FAST -> "allowed fast";
            case EXTENDED -> "extended";
            default -> "message " + id;
        };
    }
}
