/**
 * The command line: {@code weft download}, {@code seed}, {@code create}, {@code verify}, {@code info}, {@code tracker}
 * and {@code demo}. The only package that prints, and the only one that needs picocli.
 *
 * <p>{@link weft.app.Main} parses the arguments and turns what goes wrong into one clear line and an exit status. Every
 * command is a class that asks {@link weft.app.Output} to print and {@link weft.app.StopSignal} whether to go on.
 * Whatever comes from a torrent, a tracker or a peer goes through {@code Output}, which lets no control character out.
 *
 * <p>Floor 6: uses everything.
 */
package weft.app;
