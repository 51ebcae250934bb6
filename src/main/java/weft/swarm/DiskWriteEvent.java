package weft.swarm;

import jdk.jfr.Description;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.Threshold;

@Name("weft.DiskWrite")
@Label("Disk Write")
@Description("Blocks of a peer waited for the storage to take them; only where that took long")
@Threshold("10 ms")
final class DiskWriteEvent extends DiskEvent {}
