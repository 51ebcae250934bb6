package weft.interop;

import static java.lang.annotation.ElementType.METHOD;
import static java.lang.annotation.ElementType.TYPE;

import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Programs without which a test, or all of a class, cannot run. Where one is missing the test is skipped and says why; with
 * {@code -Dweft.interop=required} it fails.
 */
@Target({TYPE, METHOD})
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(RequiresCondition.class)
@interface Requires {
    Program[] value();
}
