package weft.tracker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TrackerUrlTest {
    @Test
    void keysInPathAndQueryStayExactlyAsGiven() throws Exception {
        var url = TrackerUrl.parse("http://Tracker.Example/a|b/{key}/announce.php?passkey=a%20b+c/%zz&x=[1]#part");

        assertThat(url.withParameters("port=1").target())
                .isEqualTo("/a|b/{key}/announce.php?passkey=a%20b+c/%zz&x=[1]&port=1");
        assertThat(url.hostHeader()).isEqualTo("tracker.example");
    }

    @Test
    void onlyWhatWouldBreakTheRequestLineIsEncoded() throws Exception {
        var url = TrackerUrl.parse("http://t.example/a b\r\nEvil: 1/ü?k=ä ö");

        assertThat(url.target()).isEqualTo("/a%20b%0d%0aEvil:%201/%c3%bc?k=%c3%a4%20%c3%b6");
    }

    @ParameterizedTest
    @CsvSource({
        "http://t.example,                     t.example:80,          /?x=1",
        "https://t.example/announce,           t.example:443,         /announce?x=1",
        "HTTP://T.example:6969/announce?,      t.example:6969,        /announce?x=1",
        "http://t.example/announce?a&,         t.example:80,          /announce?a&x=1",
        "http://[2001:DB8::1]:6969/announce,   2001:db8::1:6969,      /announce?x=1",
        "http://user:pw@t.example:81/announce, t.example:81,          /announce?x=1",
        "http://bücher.example/announce,       xn--bcher-kva.example:80, /announce?x=1",
        "udp://t.example:80,                   t.example:80,          /?x=1",
        "' http://t.example/announce ',        t.example:80,          /announce?x=1",
    })
    void takesApart(String text, String hostAndPort, String target) throws Exception {
        var url = TrackerUrl.parse(text);

        assertThat(url.host() + ":" + url.port()).isEqualTo(hostAndPort);
        assertThat(url.withParameters("x=1").target()).isEqualTo(target);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "announce",
                "http:/t.example/",
                "http://",
                "http://:80/",
                "http://t.example:0/",
                "http://t.example:65536/",
                "http://t.example:99999/",
                "http://t.example:8o/",
                "http://[::1/",
                "http://[10.0.0.1]/",
                "http://[:::::]/",
                "http://a b/",
                "http://a\r\nb/",
                "http://-/",
                "http://us%er@t.example/",
                "udp://t.example/announce",
            })
    void refusesWhatIsNoAddress(String text) {
        assertThatThrownBy(() -> TrackerUrl.parse(text))
                .isInstanceOfSatisfying(
                        TrackerException.class, e -> assertThat(e.kind()).isEqualTo(TrackerException.Kind.BAD_URL))
                .hasMessageStartingWith("the tracker's address ");
    }

    @Test
    void refusesEndlessAddresses() {
        assertThatThrownBy(() -> TrackerUrl.parse("http://t.example/" + "a".repeat(9000)))
                .hasMessage("the tracker's address is 9017 characters long");
    }

    @ParameterizedTest
    @CsvSource({
        "https://other.example:1/x?y, https://other.example:1/x?y",
        "//other.example/x,           http://other.example/x",
        "/x?y,                        http://t.example:81/x?y",
        "?y,                          http://t.example:81/a/announce?y",
        "b?y,                         http://t.example:81/a/b?y",
    })
    void resolvesWhereARedirectLeads(String location, String expected) throws Exception {
        var url = TrackerUrl.parse("http://user:pw@t.example:81/a/announce?z").resolve(location);

        assertThat(url + url.target()).isEqualTo(expected);
        assertThat(url.userInfo()).isEmpty();
    }

    @Test
    void showsNoKeysInLogs() throws Exception {
        assertThat(TrackerUrl.parse("http://user:secret@t.example/secret/announce?k=secret"))
                .hasToString("http://t.example");
    }
}
