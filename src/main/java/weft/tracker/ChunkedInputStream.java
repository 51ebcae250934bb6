package weft.tracker;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;

/**
 * A body in chunks (RFC 9112 section 7.1). What follows the last chunk is left unread: the connection ends there.
 *
 * <pre>
 * *( hex-length [;extensions] CRLF bytes CRLF )  0 CRLF ...
 * </pre>
 */
final class ChunkedInputStream extends InputStream {
    private static final int MAX_CHUNK_LINE = 1024;

    private final InputStream in;
    private long bytesLeftInChunk;
    private boolean begun;
    private boolean ended;

    ChunkedInputStream(InputStream in) {
        this.in = in;
    }

    @Override
    public int read() throws IOException {
        var one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        if (bytesLeftInChunk == 0 && !nextChunk()) {
            return -1;
        }
        int read = in.read(buffer, offset, (int) Math.min(length, bytesLeftInChunk));
        if (read < 0) {
            throw new EOFException("the connection was closed within a chunk");
        }
        bytesLeftInChunk -= read;
        return read;
    }

    private boolean nextChunk() throws IOException {
        if (ended) {
            return false;
        }
        var lines = new BoundedInputStream(in, MAX_CHUNK_LINE, "a chunk's first line");
        if (begun && !HttpHead.readLine(lines).isEmpty()) {
            throw new HttpFormatException("a chunk is longer than it says");
        }
        begun = true;
        var digits = HttpHead.readLine(lines).split(";", 2)[0].strip();
        try {
            bytesLeftInChunk = Long.parseLong(digits, 16);
        } catch (NumberFormatException e) {
            throw new HttpFormatException("a chunk has no length");
        }
        if (bytesLeftInChunk < 0) {
            throw new HttpFormatException("a chunk has a negative length");
        }
        ended = bytesLeftInChunk == 0;
        return !ended;
    }
}
