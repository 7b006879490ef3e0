package org.tornadomor.engine.tornado;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.tornadomor.simulator.KernelClasses;

/** Every kernel class carries the names of its variables, which TornadoVM's OpenCL backend reads. */
class KernelClassesTest {
    @Test
    void everyKernelClassHasALocalVariableTable() {
        JavaClasses all = new ClassFileImporter()
                .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                .importPackages("org.tornadomor.engine.tornado");
        Class<?>[] classes = all.stream().map(type -> type.reflect()).toArray(Class<?>[]::new);
        assertTrue(List.of(classes).containsAll(List.of(Matmul.class, Attention.class, Args.class, Transfers.class)));
        assertEquals(List.of(), KernelClasses.withoutVariables(classes));
    }
}
