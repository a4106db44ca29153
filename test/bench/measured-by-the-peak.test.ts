// Each of them is measured by the machine's peak of matrix products, which takes seconds to find: one process finds it once for all.
import './decode.ts';
import './scaling.ts';
import './train.ts';
