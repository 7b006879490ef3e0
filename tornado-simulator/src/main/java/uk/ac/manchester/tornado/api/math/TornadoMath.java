package uk.ac.manchester.tornado.api.math;

import uk.ac.manchester.tornado.api.types.HalfFloat;

/**
 * Mathematics for kernels, in single and double precision. The float overloads keep a kernel free of doubles, which many
 * devices lack. A device may differ from these results in the last bits.
 */
public class TornadoMath {

    /** Holds static methods only. */
    public TornadoMath() {}

    /** {@return the smaller of two numbers} */
    public static float min(float a, float b) {
        return Math.min(a, b);
    }

    /** {@return the smaller of two numbers} */
    public static double min(double a, double b) {
        return Math.min(a, b);
    }

    /** {@return the smaller of two numbers} */
    public static long min(long a, long b) {
        return Math.min(a, b);
    }

    /** {@return the smaller of two numbers} */
    public static int min(int a, int b) {
        return Math.min(a, b);
    }

    /** {@return the smaller of two numbers} */
    public static short min(short a, short b) {
        return (short) Math.min(a, b);
    }

    /** {@return the smaller of two numbers} */
    public static byte min(byte a, byte b) {
        return (byte) Math.min(a, b);
    }

    /** {@return the smaller of two numbers} */
    public static HalfFloat min(HalfFloat a, HalfFloat b) {
        return new HalfFloat(Math.min(a.getFloat32(), b.getFloat32()));
    }

    /** {@return the larger of two numbers} */
    public static float max(float a, float b) {
        return Math.max(a, b);
    }

    /** {@return the larger of two numbers} */
    public static double max(double a, double b) {
        return Math.max(a, b);
    }

    /** {@return the larger of two numbers} */
    public static long max(long a, long b) {
        return Math.max(a, b);
    }

    /** {@return the larger of two numbers} */
    public static int max(int a, int b) {
        return Math.max(a, b);
    }

    /** {@return the larger of two numbers} */
    public static short max(short a, short b) {
        return (short) Math.max(a, b);
    }

    /** {@return the larger of two numbers} */
    public static byte max(byte a, byte b) {
        return (byte) Math.max(a, b);
    }

    /** {@return the larger of two numbers} */
    public static HalfFloat max(HalfFloat a, HalfFloat b) {
        return new HalfFloat(Math.max(a.getFloat32(), b.getFloat32()));
    }

    /** {@return the magnitude of a number} */
    public static float abs(float x) {
        return Math.abs(x);
    }

    /** {@return the magnitude of a number} */
    public static double abs(double x) {
        return Math.abs(x);
    }

    /** {@return the magnitude of a number} */
    public static long abs(long x) {
        return Math.abs(x);
    }

    /** {@return the magnitude of a number} */
    public static int abs(int x) {
        return Math.abs(x);
    }

    /** {@return the magnitude of a number} */
    public static short abs(short x) {
        return (short) Math.abs(x);
    }

    /** {@return the magnitude of a number} */
    public static byte abs(byte x) {
        return (byte) Math.abs(x);
    }

    /** {@return the value, or the bound that it lies beyond} */
    public static long clamp(long value, long low, long high) {
        return Math.max(low, Math.min(value, high));
    }

    /** {@return the value, or the bound that it lies beyond} */
    public static int clamp(int value, int low, int high) {
        return Math.max(low, Math.min(value, high));
    }

    /** {@return the value, or the bound that it lies beyond} */
    public static short clamp(short value, short low, short high) {
        return (short) Math.max(low, Math.min(value, high));
    }

    /** {@return the value, or the bound that it lies beyond} */
    public static byte clamp(byte value, byte low, byte high) {
        return (byte) Math.max(low, Math.min(value, high));
    }

    /** {@return the value, or the bound that it lies beyond} */
    public static float clamp(float value, float low, float high) {
        return Math.max(low, Math.min(value, high));
    }

    /** {@return the value, or the bound that it lies beyond} */
    public static double clamp(double value, double low, double high) {
        return Math.max(low, Math.min(value, high));
    }

    /** {@return e to the power of x} */
    public static float exp(float x) {
        return (float) Math.exp(x);
    }

    /** {@return e to the power of x} */
    public static double exp(double x) {
        return Math.exp(x);
    }

    /** {@return the square root of x} */
    public static float sqrt(float x) {
        return (float) Math.sqrt(x);
    }

    /** {@return the square root of x} */
    public static double sqrt(double x) {
        return Math.sqrt(x);
    }

    /** {@return the largest integer that is not above x} */
    public static float floor(float x) {
        return (float) Math.floor(x);
    }

    /** {@return the largest integer that is not above x} */
    public static double floor(double x) {
        return Math.floor(x);
    }

    /** {@return the smallest integer that is not below x} */
    public static float ceil(float x) {
        return (float) Math.ceil(x);
    }

    /** {@return the smallest integer that is not below x} */
    public static double ceil(double x) {
        return Math.ceil(x);
    }

    /** {@return the natural logarithm of x} */
    public static float log(float x) {
        return (float) Math.log(x);
    }

    /** {@return the natural logarithm of x} */
    public static double log(double x) {
        return Math.log(x);
    }

    /** {@return the sine of an angle in radians} */
    public static float sin(float x) {
        return (float) Math.sin(x);
    }

    /** {@return the sine of an angle in radians} */
    public static double sin(double x) {
        return Math.sin(x);
    }

    /** {@return the cosine of an angle in radians} */
    public static float cos(float x) {
        return (float) Math.cos(x);
    }

    /** {@return the cosine of an angle in radians} */
    public static double cos(double x) {
        return Math.cos(x);
    }

    /** {@return the tangent of an angle in radians} */
    public static float tan(float x) {
        return (float) Math.tan(x);
    }

    /** {@return the tangent of an angle in radians} */
    public static double tan(double x) {
        return Math.tan(x);
    }

    /** {@return the arc sine of x, in radians} */
    public static float asin(float x) {
        return (float) Math.asin(x);
    }

    /** {@return the arc sine of x, in radians} */
    public static double asin(double x) {
        return Math.asin(x);
    }

    /** {@return the arc cosine of x, in radians} */
    public static float acos(float x) {
        return (float) Math.acos(x);
    }

    /** {@return the arc cosine of x, in radians} */
    public static double acos(double x) {
        return Math.acos(x);
    }

    /** {@return the arc tangent of x, in radians} */
    public static float atan(float x) {
        return (float) Math.atan(x);
    }

    /** {@return the arc tangent of x, in radians} */
    public static double atan(double x) {
        return Math.atan(x);
    }

    /** {@return the hyperbolic tangent of x} */
    public static float tanh(float x) {
        return (float) Math.tanh(x);
    }

    /** {@return the hyperbolic tangent of x} */
    public static double tanh(double x) {
        return Math.tanh(x);
    }

    /** {@return -1, 0 or 1, the sign of x} */
    public static float signum(float x) {
        return Math.signum(x);
    }

    /** {@return -1, 0 or 1, the sign of x} */
    public static double signum(double x) {
        return Math.signum(x);
    }

    /** {@return an angle of x degrees, in radians} */
    public static float toRadians(float x) {
        return (float) Math.toRadians(x);
    }

    /** {@return an angle of x degrees, in radians} */
    public static double toRadians(double x) {
        return Math.toRadians(x);
    }

    /** {@return what is left of x above its floor} */
    public static float fract(float x) {
        return x - floor(x);
    }

    /** {@return what is left of x above its floor} */
    public static double fract(double x) {
        return x - floor(x);
    }

    /** {@return the logarithm of x to base 2} */
    public static float log2(float x) {
        return (float) log2((double) x);
    }

    /** {@return the logarithm of x to base 2} */
    public static double log2(double x) {
        return Math.log(x) / Math.log(2);
    }

    /** {@return the inverse hyperbolic cosine of x} */
    public static float acosh(float x) {
        return (float) acosh((double) x);
    }

    /** {@return the inverse hyperbolic cosine of x} */
    public static double acosh(double x) {
        return Math.log(x + Math.sqrt(x * x - 1));
    }

    /** {@return the inverse hyperbolic sine of x} */
    public static float asinh(float x) {
        return (float) asinh((double) x);
    }

    /** {@return the inverse hyperbolic sine of x} */
    public static double asinh(double x) {
        return Math.signum(x) * Math.log(Math.abs(x) + Math.sqrt(x * x + 1));
    }

    /** {@return the sine of x half turns} */
    public static float sinpi(float x) {
        return (float) sinpi((double) x);
    }

    /** {@return the sine of x half turns} */
    public static double sinpi(double x) {
        return Math.sin(Math.PI * x);
    }

    /** {@return the cosine of x half turns} */
    public static float cospi(float x) {
        return (float) cospi((double) x);
    }

    /** {@return the cosine of x half turns} */
    public static double cospi(double x) {
        return Math.cos(Math.PI * x);
    }

    /** {@return a base to the power of an exponent} */
    public static float pow(float base, float exponent) {
        return (float) Math.pow(base, exponent);
    }

    /** {@return the angle of the point (x, y), in radians} */
    public static float atan2(float y, float x) {
        return (float) Math.atan2(y, x);
    }

    /** {@return a base to the power of an exponent} */
    public static double pow(double base, double exponent) {
        return Math.pow(base, exponent);
    }

    /** {@return the angle of the point (x, y), in radians} */
    public static double atan2(double y, double x) {
        return Math.atan2(y, x);
    }

    /** {@return pi in single precision} */
    public static float floatPI() {
        return (float) Math.PI;
    }

    /** {@return pi in double precision} */
    public static double PI() {
        return Math.PI;
    }
}
