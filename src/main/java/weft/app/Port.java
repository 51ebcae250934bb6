package weft.app;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** A port; 0 is any free one. */
final class Port implements ITypeConverter<Integer> {
    @Override
    public Integer convert(String text) {
        if (text.matches("\\d{1,5}") && Integer.parseInt(text) <= 65535) {
            return Integer.valueOf(text);
        }
        throw new TypeConversionException("'" + text + "' is no port from 0 to 65535");
    }
}
