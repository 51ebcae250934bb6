package weft.app;

/** The few colours and weights of the display, as SGR sequences (ECMA-48); nothing is coloured by meaning alone. */
enum Colour {
    PLAIN(""),
    BOLD("1"),
    DIM("2"),
    GREEN("32"),
    YELLOW("33"),
    CYAN("36");

    private static final String RESET = "\033[0m";

    private final String sgr;

    Colour(String sgr) {
        this.sgr = sgr;
    }

    /** The text in this colour, if colours are wanted. */
    String paint(String text, boolean wanted) {
        return !wanted || sgr.isEmpty() || text.isEmpty() ? text : "\033[" + sgr + "m" + text + RESET;
    }
}
