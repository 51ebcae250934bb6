package weft;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

@Name("weft.HashCheck")
@Label("Hash Check")
@Description("What lies on disk was hashed; the duration is how long that took")
@Category("Weft")
@StackTrace(false)
final class HashCheckEvent extends Event {
    @Label("Torrent")
    @Description("The first eight digits of the info-hash, as in the names of threads")
    String torrent;

    @Label("Pieces")
    @Description("How many pieces were to be looked at")
    int pieces;

    @Label("Good")
    @Description("How many of them are as they should be")
    int good;

    @Label("Error")
    @Description("What ended it early, if something did")
    String error;
}
