package weft.app;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;
import weft.storage.StorageOptions.Access;

/** How files are read, as users say it: {@code mapped} or {@code channel}. */
final class FileAccess implements ITypeConverter<Access> {
    @Override
    public Access convert(String value) {
        return switch (value) {
            case "mapped" -> Access.MAPPED;
            case "channel" -> Access.CHANNEL;
            default -> throw new TypeConversionException("'" + value + "' is neither mapped nor channel");
        };
    }
}
