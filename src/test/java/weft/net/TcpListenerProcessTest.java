package weft.net;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import weft.kit.Jvm;

/** What only shows in a process with few descriptors. */
@Timeout(60)
@EnabledOnOs(OS.LINUX)
class TcpListenerProcessTest {
    @Test
    void listenerThatRunsOutOfDescriptorsGoesOnWhenThereAreSome() throws Exception {
        Jvm.of(OutOfDescriptors.class).withDescriptors(120).runToItsEnd();
    }
}
