package org.tornadomor.server;

import tools.jackson.databind.node.ObjectNode;

/** What {@code /v1/models} says of a model: OpenAI's fields, and what a client may want to know of a model with recursions. */
final class ModelCard {
    private ModelCard() {}

    static ObjectNode of(ServedModel model) {
        return Json.object()
                .put("id", model.name())
                .put("object", "model")
                .put("created", model.created())
                .put("owned_by", "tornado-mor")
                .put("recursions", model.config().recursions())
                .put("router", model.config().router().spelling().replace('_', '-'))
                .put("has_threshold", model.config().router().hasThreshold())
                .put("threshold", Wanted.NEUTRAL_THRESHOLD)
                .put("exit", model.exit().by().spelling())
                .put("exit_threshold", model.exit().threshold())
                .put("context", model.context())
                .put("has_tokenizer", model.hasTokenizer())
                .put("chat_template", model.chat() != null)
                .put("parameters", model.parameters());
    }

    /** The list of all that there are, which is one. */
    static ObjectNode list(ServedModel model) {
        ObjectNode root = Json.object().put("object", "list");
        root.putArray("data").add(of(model));
        return root;
    }
}
