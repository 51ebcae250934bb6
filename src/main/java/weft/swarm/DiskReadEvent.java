package weft.swarm;

import jdk.jfr.Description;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.Threshold;

@Name("weft.DiskRead")
@Label("Disk Read")
@Description("A peer waited for the storage to lend blocks that it had asked for; only where that took long")
@Threshold("10 ms")
final class DiskReadEvent extends DiskEvent {}
