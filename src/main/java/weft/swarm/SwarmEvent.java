package weft.swarm;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.StackTrace;

/**
 * What the JDK's flight recorder is told of a swarm. While nobody records, an event is an object that the compiler does
 * away with; its fields are set only where it is wanted.
 */
@Category("Weft")
@StackTrace(false)
abstract class SwarmEvent extends Event {
    @Label("Torrent")
    @Description("The first eight digits of the info-hash, as in the names of threads")
    String torrent;
}
