package org.tornadomor.model;

import org.tornadomor.engine.Arena;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.Tensor;

/**
 * The tokens of a run and where they stand: rows of several sequences one after the other.
 *
 * @param all every row: the candidates of recursion 1
 * @param segments within which attention stays, at every depth
 * @param ids [N] tokens
 * @param visible [N] how many keys of the first recursion a row sees: those of its segment up to itself
 * @param table [T, h] rotary cosines and sines
 * @param depth [N] the last recursion of each row
 * @param ones [N] ones: everything is selected for recursion 1
 */
record Batch(ActiveRows all, Segments segments, Tensor ids, Tensor visible, Tensor table, Tensor depth, Tensor ones) {
    static Batch allocate(ModelConfig config, ForwardSpec spec, int rows, Arena floats, Arena indices) {
        Segments segments = Segments.changing(indices, spec.sequences(), rows);
        return new Batch(
                ActiveRows.allocate(indices, "all", rows, spec.sequences(), segments),
                segments,
                indices.allocate("ids", rows),
                indices.allocate("visible", rows),
                floats.allocate("rotary", spec.context(), config.headDim()),
                indices.allocate("depth", rows),
                indices.allocate("ones", rows));
    }

    /**
     * Uploads what does not change. Not before everything is allocated: tensors that an arena allocates after its memory was
     * touched lie in another segment.
     */
    void fill(Engine engine, ModelConfig config) {
        int rows = ids.rows();
        int[] counting = new int[rows];
        int[] allOnes = new int[rows];
        for (int i = 0; i < rows; i++) {
            counting[i] = i;
            allOnes[i] = 1;
        }
        engine.upload(all.index(), counting, 0);
        engine.upload(all.parent(), counting, 0);
        engine.upload(ones, allOnes, 0);
        engine.upload(table, RotaryTable.of(config, table.rows(), table.rows()), 0);
    }
}
