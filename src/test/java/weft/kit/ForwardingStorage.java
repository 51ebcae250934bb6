package weft.kit;

import java.io.IOException;
import java.nio.ByteBuffer;
import weft.storage.Lease;
import weft.storage.Storage;

/** Does what another storage does, but for what a test wants to be otherwise. */
public abstract class ForwardingStorage implements Storage {
    private final Storage storage;

    protected ForwardingStorage(Storage storage) {
        this.storage = storage;
    }

    @Override
    public void write(int piece, int begin, ByteBuffer block) throws IOException {
        storage.write(piece, begin, block);
    }

    @Override
    public void read(int piece, int begin, ByteBuffer target) throws IOException {
        storage.read(piece, begin, target);
    }

    @Override
    public Lease lend(int piece, int begin, int length) throws IOException {
        return storage.lend(piece, begin, length);
    }

    @Override
    public boolean mayHold(int piece) {
        return storage.mayHold(piece);
    }

    @Override
    public void flush() throws IOException {
        storage.flush();
    }

    @Override
    public void close() throws IOException {
        storage.close();
    }
}
