package weft;

import java.io.IOException;
import java.util.Optional;
import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

@Name("weft.TorrentState")
@Label("Torrent State")
@Description("A torrent has changed its state")
@Category("Weft")
@StackTrace(false)
final class TorrentStateEvent extends Event {
    @Label("Torrent")
    @Description("The first eight digits of the info-hash, as in the names of threads")
    String torrent;

    @Label("Name")
    @Description("The torrent's name")
    String name;

    @Label("From")
    @Description("The state before")
    String from;

    @Label("To")
    @Description("The state from now on")
    String to;

    @Label("Error")
    @Description("What stopped it, if something did")
    String error;

    static void commit(
            String torrent, String name, TorrentState before, TorrentState now, Optional<IOException> error) {
        var event = new TorrentStateEvent();
        if (before != now && event.isEnabled()) {
            event.torrent = torrent;
            event.name = name;
            event.from = before.name();
            event.to = now.name();
            event.error = error.map(IOException::getMessage).orElse("");
            event.commit();
        }
    }
}
