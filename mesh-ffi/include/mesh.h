/* Mesh: what libmesh has beyond the C library's functions. */
#ifndef MESH_H
#define MESH_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Reads a figure, sets an option, or gives an order, by its name; docs/mallctl.md lists the names and their types. Returns 0 or an
 * error number: ENOENT for an unknown name, EPERM for what cannot be read or set, EINVAL for a size that is not the type's: to be
 * read, as many bytes are written then as both have, and *old_size says how many. */
int mesh_mallctl(const char *name, void *old_value, size_t *old_size, void *new_value, size_t new_size);

/* Writes the numbers of the parts of `name`, which has dots between them, to `mib`, *count at most, and their count to *count. What
 * stands for a number in the name (arenas.bin.0.size) has that number, and may be given another one. Returns 0 or ENOENT. */
int mesh_mallctlnametomib(const char *name, size_t *mib, size_t *count);

/* As mesh_mallctl, by the numbers of the parts of a name. */
int mesh_mallctlbymib(const size_t *mib, size_t count, void *old_value, size_t *old_size, void *new_value,
                      size_t new_size);

/* Bytes that the block has room for; 0 for NULL and for what is no block. */
size_t mesh_usable_size(void *block);

/* Whether the address lies in the range that all blocks come from. */
int mesh_in_bounds(const void *address);

/* Gives back what can be given back: meshes, and purges. Returns the number of bytes. */
size_t mesh_compact(void);

/* Writes all figures as one JSON object of several lines to `buffer`, cut to `size` - 1 bytes and ended by a zero byte.
 * Returns how many bytes there would be without the cut. */
size_t mesh_stats_json(char *buffer, size_t size);

/* Keeps the block on its physical pages until mesh_unpin: for memory that is handed to a device, or that another process
 * knows by its pages. Pins are counted. Returns 0, or -1 with EINVAL when there is no block, or no pin. */
int mesh_pin(const void *block);
int mesh_unpin(const void *block);

#ifdef __cplusplus
}
#endif

#endif
