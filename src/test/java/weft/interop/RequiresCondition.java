package weft.interop;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.platform.commons.support.AnnotationSupport;

/** Decides about {@link Requires}. */
final class RequiresCondition implements ExecutionCondition {
    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
        List<Program> missing = AnnotationSupport.findAnnotation(context.getElement(), Requires.class)
                .map(requires -> Arrays.stream(requires.value())
                        .filter(program -> !program.isInstalled())
                        .toList())
                .orElse(List.of());
        return verdict(missing, System.getProperty("weft.interop", "optional"));
    }

    /** An exception out of a condition fails what it was asked about. */
    static ConditionEvaluationResult verdict(List<Program> missing, String mode) {
        if (missing.isEmpty()) {
            return ConditionEvaluationResult.enabled("everything needed is installed");
        }
        var reason = missing.stream().map(Program::whyMissing).collect(Collectors.joining("; "));
        if (mode.equals("required") && missing.stream().anyMatch(Program::isRequirable)) {
            throw new IllegalStateException(reason + " (and -Dweft.interop=required)");
        }
        return ConditionEvaluationResult.disabled(reason);
    }
}
