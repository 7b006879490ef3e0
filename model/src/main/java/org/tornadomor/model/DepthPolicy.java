package org.tornadomor.model;

/** Which of the rows that could run a tick runs. There are two policies, kept for comparison. */
public interface DepthPolicy {
    /** All rows, whatever their depth; new tokens enter and finished ones leave at once. */
    DepthPolicy DEPTH_WISE = new DepthPolicy() {
        @Override
        public boolean feeds(int underWay) {
            return true;
        }

        @Override
        public int depth(int[] waiting) {
            return 0;
        }

        @Override
        public boolean leaves(int inRecursions) {
            return true;
        }

        @Override
        public String toString() {
            return "depth-wise";
        }
    };

    /** Tokens begin together, run depth after depth together, and leave together when the deepest is done. */
    DepthPolicy LOCK_STEP = new DepthPolicy() {
        @Override
        public boolean feeds(int underWay) {
            return underWay == 0;
        }

        @Override
        public int depth(int[] waiting) {
            int r = 1;
            while (r < waiting.length - 1 && waiting[r] == 0) {
                r++;
            }
            return r;
        }

        @Override
        public boolean leaves(int inRecursions) {
            return inRecursions == 0;
        }

        @Override
        public String toString() {
            return "lock-step";
        }
    };

    /** Whether new tokens may be fed while so many rows are under way. */
    boolean feeds(int underWay);

    /**
     * Which recursion runs: 0 for all of them.
     *
     * @param waiting [N_r + 1] by recursion, how many rows wait to run it
     */
    int depth(int[] waiting);

    /** Whether rows that have run all their recursions may leave while so many others have not. */
    boolean leaves(int inRecursions);
}
