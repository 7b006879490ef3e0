package org.tornadomor.server;

import org.tornadomor.model.ExitRule;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.serving.ServingLoop;
import org.tornadomor.template.ChatTemplate;
import org.tornadomor.tokenizer.TextBoundaries;

/**
 * A model that is ready to answer.
 *
 * @param name what clients call it
 * @param created when it was saved, in seconds since 1970
 * @param config its shape
 * @param parameters how many it has
 * @param texts how its texts begin and end; its tokenizer is null for a model of bare ids
 * @param bos whether prompts begin with the beginning token in any case; null leaves it to the checkpoint and to chat templates
 * @param context tokens that a prompt and its answer may have together
 * @param chat how conversations become text; null where there is no template
 * @param exit the rule by which tokens leave early if a request says nothing
 * @param loop decodes
 */
public record ServedModel(
        String name,
        long created,
        ModelConfig config,
        long parameters,
        TextBoundaries texts,
        Boolean bos,
        int context,
        ChatTemplate chat,
        ExitRule exit,
        ServingLoop loop) {
    /** With the model's own rule of when tokens leave. */
    public ServedModel(
            String name,
            long created,
            ModelConfig config,
            long parameters,
            TextBoundaries texts,
            Boolean bos,
            int context,
            ChatTemplate chat,
            ServingLoop loop) {
        this(name, created, config, parameters, texts, bos, context, chat, ExitRule.of(config), loop);
    }

    /** The same with another rule for requests that say nothing. */
    public ServedModel withExit(ExitRule value) {
        return new ServedModel(name, created, config, parameters, texts, bos, context, chat, value, loop);
    }

    boolean hasTokenizer() {
        return texts.tokenizer() != null;
    }
}
