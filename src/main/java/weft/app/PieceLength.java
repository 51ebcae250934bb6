package weft.app;

import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** A piece length as users write it: 262144, 256K, 256KiB, 1M, 1MiB; all mean powers of 1024. */
final class PieceLength implements ITypeConverter<Integer> {
    private static final Pattern SIZE = Pattern.compile("(\\d{1,9})\\s*(?:([km])(?:i?b)?)?");
    private static final Map<String, Integer> SHIFT = Map.of("k", 10, "m", 20);

    @Override
    public Integer convert(String text) {
        Matcher matcher = SIZE.matcher(text.toLowerCase(Locale.ROOT));
        if (matcher.matches()) {
            int shift = matcher.group(2) == null ? 0 : SHIFT.get(matcher.group(2));
            long bytes = Long.parseLong(matcher.group(1)) << shift;
            if (bytes >= 16 << 10 && bytes <= 256 << 20 && Long.bitCount(bytes) == 1) {
                return (int) bytes;
            }
        }
        throw new TypeConversionException("'" + text + "' is no power of two from 16KiB to 256MiB");
    }
}
