/**
 * What the fuzz targets share. A target is a class {@code *Fuzz} beside the code that it attacks, with one method of
 * Jazzer's {@code @FuzzTest}: {@code mvn verify} runs each over its seeds, which are made of the test vectors, and over
 * what was ever found, which lies in {@code src/test/resources}; {@code mvn test -Pfuzz} looks for more.
 *
 * <p>A target says which exceptions a stranger's bytes may lead to. Any other is a finding, and so are an
 * {@code OutOfMemoryError}, a {@code StackOverflowError}, more memory than {@link weft.fuzz.Cost} allows, and more time
 * than the target's time-out.
 */
package weft.fuzz;
