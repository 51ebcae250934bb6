package weft.tracker;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/** Passes on a limited number of bytes, and then fails: for what strangers send and could go on sending for ever. */
final class BoundedInputStream extends FilterInputStream {
    private final String what;
    private final long limit;
    private long bytesLeft;

    /** Reads from {@code in} at most {@code limit} bytes of {@code what}. */
    BoundedInputStream(InputStream in, long limit, String what) {
        super(in);
        this.what = what;
        this.limit = limit;
        this.bytesLeft = limit;
    }

    @Override
    public int read() throws IOException {
        int b = super.read();
        if (b >= 0) {
            count(1);
        }
        return b;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
        int read = super.read(buffer, offset, (int) Math.min(length, bytesLeft + 1));
        if (read > 0) {
            count(read);
        }
        return read;
    }

    @Override
    public long skip(long n) throws IOException {
        return n <= 0 || read() < 0 ? 0 : 1;
    }

    @Override
    public boolean markSupported() {
        return false;
    }

    private void count(int read) throws IOException {
        bytesLeft -= read;
        if (bytesLeft < 0) {
            throw new HttpFormatException(what + " is longer than " + limit + " bytes");
        }
    }
}
