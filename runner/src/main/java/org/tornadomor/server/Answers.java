package org.tornadomor.server;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.tornadomor.model.Flops;
import org.tornadomor.serving.RequestListener.End;
import org.tornadomor.serving.TokenScore;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The answers to one request, in the shapes of OpenAI's completions and chats, with depths beside the texts. */
final class Answers {
    private final ServedModel model;
    private final TokenNames names;
    private final Wanted wanted;
    private final boolean chat;
    private final String id;
    private final long created;

    Answers(ServedModel model, TokenNames names, Wanted wanted, boolean chat, String number, long created) {
        this.model = model;
        this.names = names;
        this.wanted = wanted;
        this.chat = chat;
        this.id = (chat ? "chatcmpl-" : "cmpl-") + number;
        this.created = created;
    }

    /** Why a text ended, in OpenAI's words. */
    static String finish(End reason) {
        return switch (reason) {
            case LENGTH, CONTEXT -> "length";
            case END_TOKEN, STOPPED -> "stop";
            case CANCELLED -> "abort";
            case FAILED -> "error";
        };
    }

    private ObjectNode head(boolean chunk) {
        String object = chat ? chunk ? "chat.completion.chunk" : "chat.completion" : "text_completion";
        return Json.object()
                .put("id", id)
                .put("object", object)
                .put("created", created)
                .put("model", model.name());
    }

    /** The whole answer. */
    ObjectNode whole(List<Draft> drafts, Usage usage) {
        ObjectNode root = head(false);
        ArrayNode choices = root.putArray("choices");
        for (Draft draft : drafts) {
            ObjectNode choice = choices.addObject();
            choice.put("index", draft.index());
            if (chat) {
                choice.putObject("message")
                        .put("role", "assistant")
                        .put("content", draft.text())
                        .putNull("refusal");
            } else {
                choice.put("text", draft.text());
            }
            addTokens(choice, draft, draft.tokens(), 0);
            choice.put("finish_reason", finish(draft.end()));
        }
        root.set("usage", usage.json(model));
        return root;
    }

    /** The event that opens a text: in a chat it says whose it is. */
    ObjectNode first(int index) {
        ObjectNode root = head(true);
        ObjectNode choice = root.putArray("choices").addObject().put("index", index);
        choice.putObject("delta").put("role", "assistant").put("content", "");
        choice.putNull("finish_reason");
        return root;
    }

    /**
     * An event with more of a text.
     *
     * @param draft so far
     * @param from its first token that is new
     */
    ObjectNode more(Draft draft, int from) {
        ObjectNode root = head(true);
        ObjectNode choice = root.putArray("choices").addObject().put("index", draft.index());
        List<Mailbox.Piece> tokens = draft.tokens().subList(from, draft.tokens().size());
        StringBuilder text = new StringBuilder(from == 0 ? draft.echoed() : "");
        tokens.forEach(token -> text.append(token.text()));
        if (chat) {
            choice.putObject("delta").put("content", text.toString());
        } else {
            choice.put("text", text.toString());
        }
        addTokens(choice, draft, tokens, from);
        choice.putNull("finish_reason");
        return root;
    }

    /** The last event of a text. */
    ObjectNode last(Draft draft) {
        ObjectNode root = head(true);
        ObjectNode choice = root.putArray("choices").addObject().put("index", draft.index());
        if (chat) {
            choice.putObject("delta");
        } else {
            choice.put("text", "");
        }
        choice.putNull("logprobs").put("finish_reason", finish(draft.end()));
        choice.putArray("depths");
        choice.putArray("pieces");
        return root;
    }

    /** The event with what all of it cost. */
    ObjectNode usage(Usage usage) {
        ObjectNode root = head(true);
        root.putArray("choices");
        root.set("usage", usage.json(model));
        return root;
    }

    /** Depths, texts, ids and likelihoods of tokens: of the prompt too where the answer begins with it. */
    private void addTokens(ObjectNode choice, Draft draft, List<Mailbox.Piece> tokens, int from) {
        if (wanted.extras().topScores() < 0) {
            choice.putNull("logprobs");
        } else if (chat) {
            chatScores(choice, tokens);
        } else {
            completionScores(choice, draft, tokens, from);
        }
        ArrayNode depths = choice.putArray("depths");
        ArrayNode pieces = choice.putArray("pieces");
        for (Mailbox.Piece token : tokens) {
            depths.add(token.depth());
            pieces.add(token.text());
        }
        if (wanted.tokenIds()) {
            ArrayNode ids = choice.putArray("token_ids");
            tokens.forEach(token -> ids.add(token.id()));
        }
        if (from == 0 && draft.echoes()) {
            ArrayNode promptDepths = choice.putArray("prompt_depths");
            for (int depth : draft.promptDepths()) {
                promptDepths.add(depth);
            }
        }
    }

    private void chatScores(ObjectNode choice, List<Mailbox.Piece> tokens) {
        ArrayNode content = choice.putObject("logprobs").putArray("content");
        for (Mailbox.Piece token : tokens) {
            TokenScore score = token.score();
            ObjectNode one = addScore(content, token.id(), score.logProbability());
            ArrayNode top = one.putArray("top_logprobs");
            for (int i = 0; i < score.topIds().length; i++) {
                addScore(top, score.topIds()[i], score.topLogProbabilities()[i]);
            }
        }
    }

    private ObjectNode addScore(ArrayNode list, int id, double logProbability) {
        String name = names.of(id);
        ObjectNode one = list.addObject().put("token", name).put("logprob", logProbability);
        byte[] text = names.bytes(id);
        if (text == null) {
            return one.putNull("bytes");
        }
        ArrayNode bytes = one.putArray("bytes");
        for (byte b : text) {
            bytes.add(Byte.toUnsignedInt(b));
        }
        return one;
    }

    private void completionScores(ObjectNode choice, Draft draft, List<Mailbox.Piece> tokens, int from) {
        ObjectNode scores = choice.putObject("logprobs");
        ArrayNode spelled = scores.putArray("tokens");
        ArrayNode values = scores.putArray("token_logprobs");
        ArrayNode tops = scores.putArray("top_logprobs");
        ArrayNode offsets = scores.putArray("text_offset");
        if (from == 0 && draft.echoes()) {
            List<TokenScore> prompt = draft.promptScores();
            for (int i = 0; i < prompt.size(); i++) {
                add(draft.promptIds()[i], prompt.get(i), spelled, values, tops);
                offsets.add(draft.promptOffsets()[i]);
            }
        }
        for (int i = 0; i < tokens.size(); i++) {
            add(tokens.get(i).id(), tokens.get(i).score(), spelled, values, tops);
            offsets.add(draft.offset(from + i));
        }
    }

    private void add(int id, TokenScore score, ArrayNode spelled, ArrayNode values, ArrayNode tops) {
        spelled.add(names.of(id));
        if (score == null) {
            values.addNull();
            tops.addNull();
            return;
        }
        values.add(score.logProbability());
        ObjectNode top = tops.addObject();
        for (int i = 0; i < score.topIds().length; i++) {
            putOnce(top, score.topIds()[i], score.topLogProbabilities()[i], id);
        }
        top.put(names.of(id), score.logProbability());
    }

    /** Two tokens may have the same name. The drawn token keeps it, else the likelier one. */
    private void putOnce(ObjectNode top, int id, double value, int drawn) {
        String name = names.of(id);
        boolean taken = top.has(name) || id != drawn && name.equals(names.of(drawn));
        top.put(taken ? TokenNames.unnamed(id) : name, value);
    }

    /** What a request cost. */
    static final class Usage {
        private final List<Draft> drafts;

        Usage(List<Draft> drafts) {
            this.drafts = drafts;
        }

        /** Tokens of the prompts, each of which counts once. */
        int promptTokens() {
            return each().stream().mapToInt(draft -> draft.promptIds().length).sum();
        }

        int cachedTokens() {
            return each().stream().mapToInt(Draft::cached).sum();
        }

        int newTokens() {
            return drafts.stream().mapToInt(draft -> draft.tokens().size()).sum();
        }

        private List<Draft> each() {
            List<Draft> first = new ArrayList<>();
            for (Draft draft : drafts) {
                if (first.isEmpty() || first.getLast().prompt() != draft.prompt()) {
                    first.add(draft);
                }
            }
            return first;
        }

        /** Mean recursions of the new tokens; NaN without any. */
        double meanDepth() {
            return drafts.stream()
                    .flatMap(draft -> draft.tokens().stream())
                    .mapToInt(Mailbox.Piece::depth)
                    .average()
                    .orElse(Double.NaN);
        }

        private double computeSaved(ServedModel model) {
            double[] share = new double[model.config().recursions()];
            double each = 1.0 / newTokens();
            drafts.stream()
                    .flatMap(draft -> draft.tokens().stream())
                    .forEach(token -> share[token.depth() - 1] += each);
            return new Flops(model.config(), model.context()).computeSaved(share);
        }

        ObjectNode json(ServedModel model) {
            int prompt = promptTokens();
            int fresh = newTokens();
            ObjectNode usage = Json.object();
            usage.put("prompt_tokens", prompt).put("completion_tokens", fresh).put("total_tokens", prompt + fresh);
            usage.putObject("prompt_tokens_details").put("cached_tokens", cachedTokens());
            if (fresh > 0) {
                usage.put("mean_depth", meanDepth()).put("compute_saved", computeSaved(model));
            } else {
                usage.putNull("mean_depth").put("compute_saved", 0.0);
            }
            return usage;
        }

        /** For the access log. */
        @Override
        public String toString() {
            String depth = newTokens() == 0 ? "" : String.format(Locale.ROOT, " depth=%.2f", meanDepth());
            return "prompt=" + promptTokens() + " cached=" + cachedTokens() + " new=" + newTokens() + depth;
        }
    }
}
