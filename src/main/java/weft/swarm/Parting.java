package weft.swarm;

/** How a conversation with a peer ended: why, for people, and what comes of it for trying its address again. */
record Parting(String reason, Again again) {
    /** When the address may be tried again. */
    enum Again {
        /** Soon: the connection was of use. */
        SOON,
        /** Late: there is nothing to get there. */
        LATE,
        /** As if nobody had answered: later and later. */
        AS_AFTER_A_FAILURE,
        /** Not at all: the connection stands, and somebody else has taken it over. */
        HANDED_OVER
    }
}
