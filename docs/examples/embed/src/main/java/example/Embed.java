package example;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import org.tornadomor.language.Generation;
import org.tornadomor.language.GenerationOptions;
import org.tornadomor.language.LanguageModel;
import org.tornadomor.language.Score;
import org.tornadomor.engine.cpu.CpuEngine;
import org.tornadomor.serving.Request;
import org.tornadomor.serving.RequestListener;
import org.tornadomor.serving.ServingLoop;
import org.tornadomor.trainer.Trainer;
import org.tornadomor.trainer.TrainingConfig;
import org.tornadomor.trainer.TrainingListener;
import org.tornadomor.trainer.TrainingSummary;

/** All that a program does with a model: train, load, generate, score, serve. */
public final class Embed {
    private Embed() {}

    public static void main(String[] args) throws IOException {
        Path folder = Files.createTempDirectory("embed");
        Path text = Files.writeString(folder.resolve("text.txt"), "int x = 1; // one of many\n".repeat(500));
        Path run = folder.resolve("run");
        System.out.println("trained to a loss of " + train(text, run).loss());
        try (LanguageModel model = LanguageModel.load(run)) {
            System.out.println("wrote: " + write(model, "int "));
            System.out.println("nats a token: " + score(model, "int x = 1;").meanLoss());
            System.out.println("served " + serve(model, "int x", 8) + " tokens");
        }
    }

    /** Twenty steps of the smallest Mixture-of-Recursions model. */
    static TrainingSummary train(Path text, Path run) {
        TrainingConfig config = TrainingConfig.DEFAULT
                .with("preset", "tiny")
                .with("data.sources", "[\"" + text.toString().replace('\\', '/') + "\"]")
                .with("context", "64")
                .with("batch", "4")
                .with("steps", "20")
                .with("eval_every", "0")
                .with("eval_samples", "4");
        try (CpuEngine engine = new CpuEngine();
                Trainer trainer = Trainer.start(engine, config, run, TrainingListener.NONE)) {
            return trainer.run();
        }
    }

    /** Continues a text, and shows each token with its depth as it comes. */
    static Generation write(LanguageModel model, String prompt) {
        GenerationOptions options =
                GenerationOptions.DEFAULT.withMaxNewTokens(20).withTemperature(0);
        return model.generate(
                prompt, options, (which, token, depth, shown) -> System.out.println(shown + " at depth " + depth));
    }

    /** How well the model predicts a text, token by token as in generation. */
    static Score score(LanguageModel model, String text) {
        return model.score(text, true);
    }

    /** Four requests at a time, from any thread; this one waits for one. */
    static int serve(LanguageModel model, String prompt, int tokens) {
        CompletableFuture<Integer> served = new CompletableFuture<>();
        Request request = new Request(
                model.encode(prompt), tokens, Request.Sampling.GREEDY, 1, new int[0], 0.5, 0);
        try (ServingLoop loop = model.serve(4, 16)) {
            loop.submit(request, new RequestListener() {
                private int count;

                @Override
                public boolean token(int id, int depth) {
                    count++;
                    return true;
                }

                @Override
                public void ended(End reason) {
                    served.complete(count);
                }
            });
            return served.join();
        }
    }
}
