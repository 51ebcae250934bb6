package weft.app;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;
import weft.metainfo.FileRange;

/** Files by their numbers as {@code weft info} shows them: "0,2-5". */
record FileSelection(BitSet files) {
    private static final Pattern ITEM = Pattern.compile("(\\d{1,7})(?:-(\\d{1,7}))?");

    /** Parses an option's value. */
    static final class Parser implements ITypeConverter<FileSelection> {
        @Override
        public FileSelection convert(String text) {
            var files = new BitSet();
            for (var item : text.split(",", -1)) {
                var matcher = ITEM.matcher(item.strip());
                if (!matcher.matches()) {
                    throw new TypeConversionException("'" + text + "' is no list of files such as 0,2-5");
                }
                int first = Integer.parseInt(matcher.group(1));
                int last = matcher.group(2) == null ? first : Integer.parseInt(matcher.group(2));
                if (last < first) {
                    throw new TypeConversionException("'" + item.strip() + "' ends before it begins");
                }
                files.set(first, last + 1);
            }
            return new FileSelection(files);
        }
    }

    /** The same as ranges. */
    List<FileRange> ranges() {
        var ranges = new ArrayList<FileRange>();
        for (int first = files.nextSetBit(0); first >= 0; first = files.nextSetBit(files.nextClearBit(first))) {
            ranges.add(new FileRange(first, files.nextClearBit(first) - 1));
        }
        return ranges;
    }

    /** The highest number. */
    int last() {
        return files.length() - 1;
    }
}
