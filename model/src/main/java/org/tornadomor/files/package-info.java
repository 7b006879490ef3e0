/**
 * Files that know no model: tensors by name (safetensors, pickles of PyTorch), JSON and YAML that refuse what they do not understand,
 * and files that appear whole or not at all.
 */
package org.tornadomor.files;
