/** What several commands share: options as mixins, the engine that they choose, and the files and reports that they write. */
package org.tornadomor.cli.options;
