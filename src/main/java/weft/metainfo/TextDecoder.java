package weft.metainfo;

import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.IllegalCharsetNameException;
import java.nio.charset.StandardCharsets;
import java.nio.charset.UnsupportedCharsetException;
import java.util.Optional;
import weft.bencode.BDict;
import weft.bencode.BString;

/**
 * Turns the strings of a torrent into text. BEP 3 says UTF-8; torrents from before that was settled name another
 * charset in {@code encoding}, and may repeat names in UTF-8 under {@code name.utf-8} and {@code path.utf-8}. So: UTF-8
 * if the bytes are that, else the named charset if they are that, else UTF-8 with {@code _} for what is not.
 */
final class TextDecoder {

    private final Optional<Charset> named;

    private TextDecoder(Optional<Charset> named) {
        this.named = named;
    }

    /** A decoder for the torrent of this outermost dictionary. */
    static TextDecoder of(BDict torrent) {
        return new TextDecoder(torrent.string("encoding").flatMap(name -> charset(name.utf8())));
    }

    private static Optional<Charset> charset(String name) {
        try {
            return Optional.of(Charset.forName(name));
        } catch (IllegalCharsetNameException | UnsupportedCharsetException unknown) {
            return Optional.empty();
        }
    }

    String decode(BString bytes) {
        return bytes.text(StandardCharsets.UTF_8)
                .or(() -> named.flatMap(bytes::text))
                .orElseGet(() -> decodeLeniently(bytes));
    }

    private static String decodeLeniently(BString bytes) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .onMalformedInput(CodingErrorAction.REPLACE)
                    .replaceWith("_")
                    .decode(bytes.asByteBuffer())
                    .toString();
        } catch (CharacterCodingException impossible) {
            throw new IllegalStateException(impossible); // every error is replaced
        }
    }
}
