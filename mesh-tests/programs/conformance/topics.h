/* The topics of the conformance program, one file each. */
void sizes(void);
void overflow(void);
void alignment(void);
void reallocation(void);
void contents(void);
void introspection(void);
void names(void);
void lifetime(void);
void matrix(void);
void powers(void);
void in_place(void);
void tuning(void);
