package weft.app;

import java.nio.charset.Charset;

/** The characters of the progress display, by what the terminal can show. */
enum Glyphs {
    /** Block characters and arrows. */
    UNICODE("·░▒▓█", "↓ ", "↑ ", "…"),
    /** For a locale without them. */
    ASCII(".-+*#", "down ", "up ", "...");

    private final String shades;
    private final String down;
    private final String up;
    private final String ellipsis;

    Glyphs(String shades, String down, String up, String ellipsis) {
        this.shades = shades;
        this.down = down;
        this.up = up;
        this.ellipsis = ellipsis;
    }

    /** The best that an encoding can write. */
    static Glyphs of(Charset charset) {
        return charset.newEncoder().canEncode(UNICODE.shades + UNICODE.down + UNICODE.up + UNICODE.ellipsis)
                ? UNICODE
                : ASCII;
    }

    /** From nothing, 0, to everything, 4. */
    char shade(int level) {
        return shades.charAt(level);
    }

    /** What stands before a download rate. */
    String down() {
        return down;
    }

    /** What stands before an upload rate. */
    String up() {
        return up;
    }

    /** What stands for text left out. */
    String ellipsis() {
        return ellipsis;
    }
}
