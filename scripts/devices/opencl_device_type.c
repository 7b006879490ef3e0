// Preloaded, it makes TornadoVM take an OpenCL device that it would pass over: SHIM_TYPE is the type that every device says (4 is a
// GPU), SHIM_VENDOR the vendor that every platform says. Built and used by scripts/check-devices.
#define _GNU_SOURCE
#define CL_TARGET_OPENCL_VERSION 120
#include <CL/cl.h>
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

// What the program would have called: that of a library preloaded behind this one (Oclgrind's), else of the ICD loader.
static void *original(const char *name) {
    void *next = dlsym(RTLD_NEXT, name);
    if (next) return next;
    void *library = dlopen("libOpenCL.so.1", RTLD_LAZY);
    return library ? dlsym(library, name) : NULL;
}

cl_int clGetPlatformInfo(cl_platform_id platform, cl_platform_info what, size_t size, void *value, size_t *needed) {
    static cl_int (*next)(cl_platform_id, cl_platform_info, size_t, void *, size_t *);
    if (!next) next = original("clGetPlatformInfo");
    const char *vendor = getenv("SHIM_VENDOR");
    if (what == CL_PLATFORM_VENDOR && vendor) {
        if (needed) *needed = strlen(vendor) + 1;
        if (value && size > strlen(vendor)) strcpy(value, vendor);
        return CL_SUCCESS;
    }
    return next(platform, what, size, value, needed);
}

cl_int clGetDeviceInfo(cl_device_id device, cl_device_info what, size_t size, void *value, size_t *needed) {
    static cl_int (*next)(cl_device_id, cl_device_info, size_t, void *, size_t *);
    if (!next) next = original("clGetDeviceInfo");
    cl_int status = next(device, what, size, value, needed);
    if (what == CL_DEVICE_TYPE && value && status == CL_SUCCESS && getenv("SHIM_TYPE")) {
        *(cl_device_type *) value = (cl_device_type) atoi(getenv("SHIM_TYPE"));
    }
    return status;
}
