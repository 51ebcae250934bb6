package weft.concurrent;

import java.util.function.Supplier;
import jdk.jfr.Event;
import jdk.jfr.FlightRecorder;

/**
 * Whether the JDK's flight recorder is there, for events that cost nothing where it is not. The first event that a process
 * makes, wanted or not, has the JDK read the descriptions of all its own: a tenth of a second, which a command that is
 * over in two of them would rather not pay. So event classes must not even be initialised before {@link #isOn} says so.
 */
public final class FlightRecording {
    private FlightRecording() {}

    /** True since somebody first asked for a recording, by an option, {@code jcmd} or from within. */
    public static boolean isOn() {
        return FlightRecorder.isInitialized();
    }

    /**
     * An event whose duration begins now.
     *
     * @param type the event's constructor
     * @return null while nobody records
     */
    public static <E extends Event> E begin(Supplier<E> type) {
        if (!isOn()) {
            return null;
        }
        E event = type.get();
        event.begin();
        return event;
    }
}
