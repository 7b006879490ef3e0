// A libcuda.so.1 without a device behind it: the PTX backend starts, and each module that it hands over is written to the folder
// STUB_DIR, to be judged by ptxas. Launches do nothing. Built and used by scripts/check-devices, with the toolkit's cuda.h.
#include <cuda.h>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#define STUB(declaration, ...) extern "C" CUresult declaration { __VA_ARGS__; return CUDA_SUCCESS; }
#define ABSENT(declaration) extern "C" CUresult declaration { return CUDA_ERROR_NOT_SUPPORTED; }

static int attribute(CUdevice_attribute which) {
    switch (which) {
        case CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK:
        case CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_X:
        case CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_Y: return 1024;
        case CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_Z: return 64;
        case CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_X: return 2147483647;
        case CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Y:
        case CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Z: return 65535;
        case CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK: return 49152;
        case CU_DEVICE_ATTRIBUTE_TOTAL_CONSTANT_MEMORY: return 65536;
        case CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR: return 9;
        case CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR: return 0;
        case CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT: return 132;
        case CU_DEVICE_ATTRIBUTE_CLOCK_RATE: return 1980000;
        case CU_DEVICE_ATTRIBUTE_WARP_SIZE: return 32;
        default: return 1;
    }
}

static void load(CUmodule *module, const void *image) {
    static long number = 0;
    *module = (CUmodule) ++number;
    if (const char *folder = getenv("STUB_DIR")) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%05ld.ptx", folder, number);
        FILE *file = fopen(path, "w");
        if (!file || fputs((const char *) image, file) < 0 || fclose(file) != 0) {
            perror(path);
            exit(1);
        }
    }
}

// The driver
STUB(cuInit(unsigned))
STUB(cuDriverGetVersion(int *version), *version = 13000)
STUB(cuGetErrorName(CUresult, const char **text), *text = "stub")
STUB(cuGetErrorString(CUresult, const char **text), *text = "stub")

// The device
STUB(cuDeviceGetCount(int *count), *count = 1)
STUB(cuDeviceGet(CUdevice *device, int), *device = 0)
STUB(cuDeviceGetName(char *name, int size, CUdevice), snprintf(name, size, "none, code only"))
STUB(cuDeviceTotalMem(size_t *bytes, CUdevice), *bytes = 80000000000UL)
STUB(cuDeviceGetAttribute(int *value, CUdevice_attribute which, CUdevice), *value = attribute(which))
STUB(cuCtxCreate_v4(CUcontext *context, CUctxCreateParams *, unsigned, CUdevice), *context = (CUcontext) 1)
STUB(cuCtxDestroy(CUcontext))
STUB(cuCtxSetCurrent(CUcontext))
STUB(cuCtxGetStreamPriorityRange(int *least, int *most), *least = *most = 0)

// Modules
STUB(cuModuleLoadData(CUmodule *module, const void *image), load(module, image))
STUB(cuModuleLoadDataEx(CUmodule *module, const void *image, unsigned, CUjit_option *, void **), load(module, image))
STUB(cuModuleGetFunction(CUfunction *function, CUmodule module, const char *), *function = (CUfunction) module)
STUB(cuModuleUnload(CUmodule))
STUB(cuOccupancyMaxPotentialBlockSize(int *grid, int *block, CUfunction, CUoccupancyB2DSize, size_t, int), *grid = 132; *block = 256)
STUB(cuLaunchKernel(CUfunction, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, CUstream, void **, void **))

// Memory
STUB(cuMemAlloc(CUdeviceptr *at, size_t bytes), *at = (CUdeviceptr) calloc(1, bytes))
STUB(cuMemFree(CUdeviceptr at), free((void *) at))
STUB(cuMemAllocHost(void **at, size_t bytes), *at = malloc(bytes))
STUB(cuMemFreeHost(void *at), free(at))
STUB(cuMemGetInfo(size_t *unused, size_t *all), *unused = 79000000000UL; *all = 80000000000UL)
STUB(cuMemHostRegister(void *, size_t, unsigned))
STUB(cuMemHostUnregister(void *))
STUB(cuMemcpyDtoHAsync(void *to, CUdeviceptr from, size_t bytes, CUstream), memcpy(to, (void *) from, bytes))
STUB(cuMemcpyHtoDAsync(CUdeviceptr to, const void *from, size_t bytes, CUstream), memcpy((void *) to, from, bytes))

// Streams, events, graphs
STUB(cuStreamCreateWithPriority(CUstream *stream, unsigned, int), *stream = (CUstream) malloc(8))
STUB(cuStreamDestroy(CUstream stream), free(stream))
STUB(cuStreamSynchronize(CUstream))
STUB(cuStreamWaitEvent(CUstream, CUevent, unsigned))
STUB(cuStreamIsCapturing(CUstream, CUstreamCaptureStatus *status), *status = CU_STREAM_CAPTURE_STATUS_NONE)
STUB(cuEventCreate(CUevent *event, unsigned), *event = (CUevent) malloc(8))
STUB(cuEventDestroy(CUevent event), free(event))
STUB(cuEventElapsedTime_v2(float *milliseconds, CUevent, CUevent), *milliseconds = 0)
STUB(cuEventQuery(CUevent))
STUB(cuEventRecord(CUevent, CUstream))
STUB(cuEventSynchronize(CUevent))
STUB(cuGraphDestroy(CUgraph))
STUB(cuGraphExecDestroy(CUgraphExec))
ABSENT(cuStreamBeginCapture(CUstream, CUstreamCaptureMode))
ABSENT(cuStreamEndCapture(CUstream, CUgraph *))
ABSENT(cuGraphInstantiateWithFlags(CUgraphExec *, CUgraph, unsigned long long))
ABSENT(cuGraphLaunch(CUgraphExec, CUstream))
