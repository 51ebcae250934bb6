package weft.interop;

import java.nio.file.Path;
import java.util.List;
import weft.AddOptions;
import weft.Client;
import weft.ClientOptions;

/** Weft as a process that a test can kill: leeches TORRENT into DIRECTORY from the peer at loopback PORT. */
final class WeftLeecher {
    private WeftLeecher() {}

    public static void main(String[] arguments) throws Exception {
        var options = AddOptions.into(Path.of(arguments[1]))
                .withPeers(List.of(Ports.loopback(Integer.parseInt(arguments[2]))));
        try (var client = Client.open(ClientOptions.defaults())) {
            var torrent = client.add(Path.of(arguments[0]), options);
            torrent.onPieceVerified(
                    piece -> System.out.println("verified " + torrent.snapshot().piecesVerified()));
            torrent.awaitComplete();
        }
    }
}
