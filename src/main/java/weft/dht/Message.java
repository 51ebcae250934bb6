package weft.dht;

import weft.bencode.BString;

/** What a datagram of the DHT says: a query, its answer, or that it failed (KRPC, BEP 5). */
sealed interface Message permits Query, Answer, Failure {
    /** BEP 5: what the asker chose to know the answer by; 0 to 64 bytes. */
    BString transaction();
}
