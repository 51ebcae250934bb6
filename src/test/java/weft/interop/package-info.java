/**
 * Weft against real clients, started as processes on loopback: libtorrent, Transmission, aria2 and the tracker
 * opentracker. Tests need {@link weft.interop.Program programs} that may not be installed, and say so with
 * {@link weft.interop.Requires}; each borrows its directories, clients and programs from a {@link weft.interop.Lab},
 * which sees to it that nothing of them is left behind.
 */
package weft.interop;
