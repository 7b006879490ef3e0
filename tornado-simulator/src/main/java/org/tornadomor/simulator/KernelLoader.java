package org.tornadomor.simulator;

import java.lang.classfile.ClassFile;
import java.lang.classfile.TypeKind;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.lang.invoke.MethodType;
import java.lang.reflect.AccessFlag;
import java.lang.reflect.Method;
import uk.ac.manchester.tornado.api.KernelContext;

/**
 * Holds the rewritten copy of one kernel's class. The copy has the name of the original, so that breakpoints find it. Other
 * classes of the kernel's package are loaded anew as well, since classes of two loaders have no package-private access to each
 * other, even in packages of the same name. Kernels have no state, so only constants are duplicated.
 */
final class KernelLoader extends ClassLoader {

    private static final String SIMULATOR = KernelLoader.class.getPackageName();
    private static final String BODY = "$Body";

    private final String kernelPackage;
    private final String kernelClass;
    private final byte[] rewritten;

    private KernelLoader(ClassLoader parent, Class<?> owner, byte[] rewritten) {
        super(parent);
        this.kernelPackage = owner.getPackageName();
        this.kernelClass = owner.getName();
        this.rewritten = rewritten;
    }

    /** {@return the rewritten kernel, ready to run} */
    static KernelBody load(Method kernel, byte[] rewritten) {
        Class<?> owner = kernel.getDeclaringClass();
        KernelLoader loader = new KernelLoader(owner.getClassLoader(), owner, rewritten);
        byte[] adapter = adapter(kernel);
        try {
            Class<?> body = loader.defineClass(owner.getName() + BODY, adapter, 0, adapter.length);
            return (KernelBody) body.getConstructor().newInstance();
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("rewritten kernel " + kernel, e);
        }
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        int dot = name.lastIndexOf('.');
        String inPackage = dot < 0 ? "" : name.substring(0, dot);
        if (!inPackage.equals(kernelPackage) || inPackage.equals(SIMULATOR)) {
            return super.loadClass(name, resolve);
        }
        synchronized (getClassLoadingLock(name)) {
            Class<?> loaded = findLoadedClass(name);
            if (loaded == null) {
                byte[] bytes =
                        name.equals(kernelClass) ? rewritten : ClassBytes.read(getParent(), name.replace('.', '/'));
                if (bytes == null) {
                    return super.loadClass(name, resolve);
                }
                loaded = defineClass(name, bytes, 0, bytes.length);
            }
            return loaded;
        }
    }

    /** A class that takes the arguments of a task out of an array and calls the rewritten kernel. */
    private static byte[] adapter(Method kernel) {
        ClassDesc owner = kernel.getDeclaringClass().describeConstable().orElseThrow();
        ClassDesc self = ClassDesc.of(kernel.getDeclaringClass().getName() + BODY);
        ClassDesc context = KernelContext.class.describeConstable().orElseThrow();
        ClassDesc objects = ConstantDescs.CD_Object.arrayType();
        MethodTypeDesc run = MethodTypeDesc.of(ConstantDescs.CD_int, context, objects);
        MethodTypeDesc target = MethodType.methodType(int.class, kernel.getParameterTypes())
                .describeConstable()
                .orElseThrow();
        return ClassFile.of()
                .build(
                        self,
                        builder -> builder.withFlags(AccessFlag.PUBLIC, AccessFlag.FINAL)
                                .withInterfaceSymbols(
                                        KernelBody.class.describeConstable().orElseThrow())
                                .withMethodBody(
                                        ConstantDescs.INIT_NAME,
                                        ConstantDescs.MTD_void,
                                        AccessFlag.PUBLIC.mask(),
                                        code -> code.aload(0)
                                                .invokespecial(
                                                        ConstantDescs.CD_Object,
                                                        ConstantDescs.INIT_NAME,
                                                        ConstantDescs.MTD_void)
                                                .return_())
                                .withMethodBody("run", run, AccessFlag.PUBLIC.mask(), code -> {
                                    Class<?>[] types = kernel.getParameterTypes();
                                    for (int i = 0; i < types.length; i++) {
                                        if (types[i] == KernelContext.class) {
                                            code.aload(1);
                                            continue;
                                        }
                                        ClassDesc boxed = Boxes.boxed(types[i])
                                                .describeConstable()
                                                .orElseThrow();
                                        code.aload(2)
                                                .loadConstant(i)
                                                .arrayLoad(TypeKind.REFERENCE)
                                                .checkcast(boxed);
                                        if (types[i].isPrimitive()) {
                                            ClassDesc primitive =
                                                    types[i].describeConstable().orElseThrow();
                                            code.invokevirtual(
                                                    boxed, types[i].getName() + "Value", MethodTypeDesc.of(primitive));
                                        }
                                    }
                                    code.invokestatic(owner, kernel.getName() + KernelRewriter.SUFFIX, target)
                                            .ireturn();
                                }));
    }
}
