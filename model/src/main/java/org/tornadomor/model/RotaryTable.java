package org.tornadomor.model;

/** The rotary table of a model: for each position the cosines of its pairs, then their sines. */
final class RotaryTable {
    private RotaryTable() {}

    /**
     * [positions, h], computed in double: by {@link RotaryScaling} position times frequency, times the attention factor.
     *
     * @param length of the sequences, on which dynamic scaling depends
     */
    static float[] of(ModelConfig config, int positions, int length) {
        int h = config.headDim();
        RotaryScaling scaling = config.architecture().scaling();
        double[] frequencies = scaling.frequencies(config.ropeTheta(), h, config.maxPositions(), length);
        double factor = scaling.attentionFactor();
        float[] table = new float[positions * h];
        for (int p = 0; p < positions; p++) {
            for (int j = 0; j < h / 2; j++) {
                double angle = p * frequencies[j];
                table[p * h + j] = (float) (factor * StrictMath.cos(angle));
                table[p * h + h / 2 + j] = (float) (factor * StrictMath.sin(angle));
            }
        }
        return table;
    }
}
