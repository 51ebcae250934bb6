package weft.swarm;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.StackTrace;

/** What the JDK's flight recorder is told of a swarm; made only where {@link weft.concurrent.FlightRecording} is on. */
@Category("Weft")
@StackTrace(false)
abstract class SwarmEvent extends Event {
    @Label("Torrent")
    @Description("The first eight digits of the info-hash, as in the names of threads")
    String torrent;
}
