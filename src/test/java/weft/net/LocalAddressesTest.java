package weft.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.UnknownHostException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LocalAddressesTest {
    @ParameterizedTest
    @CsvSource({
        "127.0.0.1,true",
        "10.1.2.3,true",
        "172.16.0.1,true",
        "192.168.1.1,true",
        "169.254.1.1,true",
        "100.64.0.1,true",
        "100.127.255.255,true",
        "0.0.0.0,true",
        "0.1.2.3,true",
        "224.0.0.1,true",
        "::1,true",
        "fe80::1,true",
        "fc00::1,true",
        "fd12::1,true",
        "::ffff:127.0.0.1,true",
        "::,true",
        "100.128.0.1,false",
        "100.63.0.1,false",
        "172.32.0.1,false",
        "203.0.113.1,false",
        "2001:db8::1,false",
    })
    void knowsWhatIsLocal(String address, boolean local) throws UnknownHostException {
        assertThat(LocalAddresses.isLocal(InetAddress.getByName(address))).isEqualTo(local);
    }
}
