/**
 * The few tools that Weft's threads share: {@link weft.concurrent.TaskScope}, in which everything that runs runs;
 * {@link weft.concurrent.WorkerPool}, the small set of platform threads for work that would hold a carrier thread;
 * {@link weft.concurrent.Watchdog}, which closes what is past its deadline; {@link weft.concurrent.ExitHook}, for what a
 * program still has to do when it is told to end; {@link weft.concurrent.FlightRecording}, for what is told to those who
 * look on.
 *
 * <p>No other package starts a thread. Floor 0: uses nothing of Weft.
 */
package weft.concurrent;
