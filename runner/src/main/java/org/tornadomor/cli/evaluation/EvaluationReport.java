package org.tornadomor.cli.evaluation;

import java.util.function.Function;
import org.tornadomor.cli.options.JsonOption;
import org.tornadomor.model.Flops;
import org.tornadomor.terminal.Figures;
import org.tornadomor.terminal.TextTable;
import tools.jackson.databind.node.ObjectNode;

/**
 * The figures of an evaluation, for people and for programs.
 *
 * @param bytesPerToken bytes of text that a token stands for: a loss per byte is the loss per token divided by this
 * @param flops what the model costs on samples of this length
 */
record EvaluationReport(double bytesPerToken, Flops flops, Evaluation.Result train, Evaluation.Result causal) {

    private double lossPerByte(Evaluation.Result result) {
        return result.loss() / bytesPerToken;
    }

    /** Adds an object for each mode. */
    void addTo(ObjectNode object) {
        add(object.putObject("train"), train);
        add(object.putObject("causal"), causal);
    }

    private void add(ObjectNode object, Evaluation.Result result) {
        object.put("loss_per_token", result.loss());
        object.put("perplexity_per_token", Math.exp(result.loss()));
        object.put("loss_per_byte", lossPerByte(result));
        object.put("perplexity_per_byte", Math.exp(lossPerByte(result)));
        object.put("bits_per_byte", lossPerByte(result) / Math.log(2));
        JsonOption.put(object, "depth_share", result.depthShare());
        object.put("mean_depth", result.meanDepth());
        object.put("compute_saved", flops.computeSaved(result.depthShare()));
        object.put("tokens_per_second", result.tokensPerSecond());
    }

    /** A line for each figure, a column for each mode. */
    TextTable table() {
        TextTable table = new TextTable("", "train mode", "causal mode");
        add(table, "loss per token, nats", result -> Figures.fixed(result.loss()));
        add(table, "perplexity per token", result -> Figures.fixed(Math.exp(result.loss())));
        add(table, "loss per byte, nats", result -> Figures.fixed(lossPerByte(result)));
        add(table, "perplexity per byte", result -> Figures.fixed(Math.exp(lossPerByte(result))));
        add(table, "bits per byte", result -> Figures.fixed(lossPerByte(result) / Math.log(2)));
        for (int r = 1; r <= train.depthShare().length; r++) {
            int index = r - 1;
            add(table, "tokens of depth " + r, result -> Figures.percentages(result.depthShare()[index]));
        }
        add(table, "mean depth", result -> Figures.fixed(result.meanDepth()));
        add(table, "compute saved", result -> Figures.percentages(flops.computeSaved(result.depthShare())));
        add(table, "tokens per second", result -> Figures.grouped(Math.round(result.tokensPerSecond())));
        return table;
    }

    private void add(TextTable table, String name, Function<Evaluation.Result, String> figure) {
        table.row(name, figure.apply(train), figure.apply(causal));
    }
}
