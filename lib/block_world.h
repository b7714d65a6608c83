/* block_world.h - floor 6: functions made of statements, as a session has them. */
#ifndef LBZ_BLOCK_WORLD_H
#define LBZ_BLOCK_WORLD_H

#include "block.h"
#include "session.h"

/* The session's functions and names, for running blocks in the present statement. */
BlockWorld session_block_world(lbz_session *s);
/* Does e call a function made of statements? */
bool session_calls_blocks(lbz_session *s, Node *e);

#endif
