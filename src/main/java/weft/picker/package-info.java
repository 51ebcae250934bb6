/**
 * Which block is asked of which peer. Floor 3.
 */
package weft.picker;
