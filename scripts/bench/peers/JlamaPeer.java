import com.github.tjake.jlama.model.AbstractModel;
import com.github.tjake.jlama.model.ModelSupport;
import com.github.tjake.jlama.model.functions.Generator.Response;
import com.github.tjake.jlama.safetensors.DType;
import com.github.tjake.jlama.safetensors.prompt.PromptContext;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Jlama decoding one sequence greedily, in float32: loads a checkpoint folder of bytes and answers as llama_cpp.mjs does. Started as
 * source: {@code java -cp JLAMA... JlamaPeer.java FOLDER THREADS CONTEXT}.
 */
class JlamaPeer {
    private static final int VOCABULARY = 257;

    public static void main(String[] args) throws Exception {
        // The library prints to standard output.
        PrintStream answers = System.out;
        System.setOut(System.err);
        long begin = System.nanoTime();
        AbstractModel model = ModelSupport.loadModel(
                completed(Path.of(args[0])).toFile(),
                null,
                DType.F32,
                DType.F32,
                Optional.empty(),
                Optional.of(Integer.parseInt(args[1])));
        answers.println("ready " + (System.nanoTime() - begin) * 1e-9 + " Jlama");
        BufferedReader requests = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        for (String line = requests.readLine(); line != null; line = requests.readLine()) {
            int count = Integer.parseInt(line.split(" ")[0]);
            int more = Integer.parseInt(line.split(" ")[1]);
            String text = IntStream.range(0, count - 1)
                    .mapToObj(i -> String.valueOf((char) ('a' + i * 7 % 26)))
                    .collect(Collectors.joining());
            long processor = processorTime();
            // It puts one token before the text; its limit is the length of all.
            Response response =
                    model.generate(UUID.randomUUID(), PromptContext.of(text), 0, count + more - 1, (token, time) -> {});
            double used = (processorTime() - processor) * 1e-9;
            double rest = response.generateTimeMs * 1e-3 * (more - 1) / Math.max(1, response.generatedTokens);
            answers.println(response.promptTimeMs * 1e-3 + " " + rest + " " + used + " 0");
            answers.flush();
        }
        Runtime.getRuntime().halt(0);
    }

    private static long processorTime() {
        return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
                .getProcessCpuTime();
    }

    /** The checkpoint beside what the library asks for: a tokenizer, and the tokens that begin and end a text. */
    private static Path completed(Path checkpoint) throws Exception {
        Path folder = Files.createTempDirectory(checkpoint.getParent(), "jlama");
        try (Stream<Path> files = Files.list(checkpoint)) {
            for (Path file : files.toList()) {
                if (!file.getFileName().toString().equals("config.json")) {
                    Files.createSymbolicLink(folder.resolve(file.getFileName()), file.toAbsolutePath());
                }
            }
        }
        String config = Files.readString(checkpoint.resolve("config.json"));
        if (!config.contains("\"bos_token_id\"")) {
            config = config.substring(0, config.lastIndexOf('}')).stripTrailing()
                    + ", \"bos_token_id\": 256, \"eos_token_id\": 256}";
        }
        Files.writeString(folder.resolve("config.json"), config);
        Path tokenizer = folder.resolve("tokenizer.json");
        if (!Files.exists(tokenizer)) {
            // One letter for each byte; those of the alphabet for themselves.
            String vocabulary = IntStream.range(0, VOCABULARY)
                    .mapToObj(i -> "\"" + (Character.isLetter(i) && i < 128 ? (char) i : (char) (0x4e00 + i)) + "\": " + i)
                    .collect(Collectors.joining(", "));
            Files.writeString(
                    tokenizer,
                    "{\"model\": {\"type\": \"BPE\", \"unk_token\": null, \"fuse_unk\": false, \"byte_fallback\": false,"
                            + " \"vocab\": {" + vocabulary + "}, \"merges\": []}}");
        }
        return folder;
    }
}
