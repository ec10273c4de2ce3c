// The topics of the C++ program, one file each.
void operators();
void failures();
void containers();
void threads();
