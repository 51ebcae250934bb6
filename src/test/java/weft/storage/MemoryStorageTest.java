package weft.storage;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import weft.metainfo.Layout;

class MemoryStorageTest extends StorageContractTest {

    @Override
    Storage open(Layout layout) {
        return new MemoryStorage(layout);
    }

    @Test
    void aPieceThatNothingWasWrittenToIsNotHeld() {
        try (var storage = new MemoryStorage(Content.layout(16_384, 100_000))) {
            assertThat(storage.mayHold(3)).isFalse();
        }
    }
}
