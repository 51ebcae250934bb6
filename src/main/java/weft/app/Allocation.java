package weft.app;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** When files get their room on the disk, as users say it: {@code sparse} or {@code full}. */
enum Allocation {
    SPARSE,
    FULL;

    static final class Parser implements ITypeConverter<Allocation> {
        @Override
        public Allocation convert(String value) {
            return switch (value) {
                case "sparse" -> SPARSE;
                case "full" -> FULL;
                default -> throw new TypeConversionException("'" + value + "' is neither sparse nor full");
            };
        }
    }
}
