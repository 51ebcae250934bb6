/**
 * The swarm kit: whole swarms of Weft clients in one process on loopback, and scripted peers that behave as they are told.
 * {@link weft.kit.SwarmExtension} is where a test begins; it cleans up, and fails the test if anything is left behind.
 */
package weft.kit;
